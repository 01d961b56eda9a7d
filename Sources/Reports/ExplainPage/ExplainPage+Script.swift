extension ExplainPage {
    /// The controls, and the table that follows them. Computes only sums and ratios: the cells come
    /// from the table in the page.
    static let script = HTML.trusted(
        """
        (function(){'use strict';
        var d=JSON.parse(document.getElementById('d').textContent);
        function el(name,text,cls){var e=document.createElement(name);
         if(text!=null)e.textContent=text;if(cls)e.className=cls;return e}
        function sig(x){if(!x)return'0';var n=Math.max(0,2-Math.floor(Math.log10(Math.abs(x))));
         return x.toLocaleString('en',{minimumFractionDigits:Math.min(n,6),
          maximumFractionDigits:Math.min(n,6)})}
        function unit(x,step,names){var i=0;while(x>=step&&i<names.length-1){x/=step;i++}
         return sig(x)+' '+names[i]}
        function time(us){return us<1000?sig(us)+' µs':us<1e6?sig(us/1e3)+' ms':sig(us/1e6)+' s'}
        function bytes(x){return x?unit(x,1000,['B','kB','MB','GB','TB','PB']):''}
        function ops(x){return x?unit(x,1000,['FLOP','kFLOP','MFLOP','GFLOP','TFLOP','PFLOP']):''}
        function many(x){return x<1e6?count(x):unit(x,1000,['','K','M','B'])}
        function count(x){return x.toLocaleString('en')}
        var sides=['a','b'].map(function(name,n){
         var box=document.getElementById(name);
         var s={name:name,model:0,format:0,size:0,context:1,batch:0};
         function choose(title,key,names){var l=el('label',title),c=el('select');
          c.id=name+'-'+key;l.append(c);box.append(l);
          c.addEventListener('change',function(){s[key]=+c.value;fill();show()});
          s['fill_'+key]=function(){var list=names();c.textContent='';
           if(s[key]>=list.length)s[key]=0;
           list.forEach(function(x,i){var o=el('option',x);o.value=i;c.append(o)});c.value=s[key]}}
         function slide(title,key,values){var l=el('label',title),c=el('input'),o=el('output');
          c.type='range';c.min=0;c.max=values.length-1;c.step=1;c.value=s[key];c.id=name+'-'+key;
          l.append(c,o);box.append(l);
          function say(){o.textContent=count(values[s[key]]);
           c.setAttribute('aria-valuetext',o.textContent)}
          c.addEventListener('input',function(){s[key]=+c.value;say();show()});say();
          s['say_'+key]=function(){c.value=s[key];say()}}
         choose('Model','model',function(){return d.models.map(function(m){return m.name})});
         choose('Weights','format',function(){
          return d.models[s.model].formats.map(function(f){return f.weights})});
         choose('GPUs','size',function(){
          return d.models[s.model].formats[s.format].sizes.map(function(z){
           return z.gpus+' x '+d.gpu+(z.sequences_that_fit?'':' (does not fit)')})});
         slide('Context','context',d.contexts);slide('Sequences','batch',d.batches);
         s.sum=el('p',null,'sum');box.append(s.sum);
         function fill(){s.fill_model();s.fill_format();s.fill_size()}
         s.fill=fill;s.n=n;return s});
        function fits(s){var z=d.models[s.model].formats[s.format].sizes;
         for(var i=0;i<z.length;i++)if(z[i].sequences_that_fit)return i;return z.length-1}
        function read(s){var m=d.models[s.model],f=m.formats[s.format],z=f.sizes[s.size];
         var rows=m.phases.map(function(p,i){return{name:p,parameters:m.parameters[i],
          flops:m.flops[i][s.batch][s.context],weights:f.weight_bytes[i][s.batch],
          kv:m.kv_bytes[i][s.batch][s.context],time:z.time_us[i][s.batch][s.context],
          bound:z.bounds[i][s.batch][s.context]}});
         var all=rows.reduce(function(x,r){return x+r.time},0);
         return{rows:rows,all:all,gpus:z.gpus,rate:d.batches[s.batch]/all*1e6,
          fit:z.sequences_that_fit&&z.sequences_that_fit[s.context],model:m}}
        function show(){var r=sides.map(read),a=r[0],b=r[1];
         sides.forEach(function(s,i){var x=r[i];s.sum.textContent='';
          s.sum.append(el('b',time(x.all)),' a step, '+sig(x.rate)+' tokens/s, '
           +sig(x.rate/x.gpus)+' tokens/s/GPU, '+sig(x.rate/d.batches[s.batch])
           +' tokens/s for each user. '+(x.fit==null?'The weights do not fit.':
            count(x.fit)+' sequences of this context fit.'))});
         var say=document.getElementById('say'),ratio=b.rate/b.gpus/(a.rate/a.gpus);
         var delta=b.all/a.all-1;
         say.textContent=Math.abs(delta)<5e-4&&Math.abs(ratio-1)<5e-4?'A and B take the same time.'
          :'B takes '+sig(Math.abs(delta)*100)+' % '+(delta>0?'more':'less')+' time a step than A'
          +' and makes '+sig(ratio)+' times the tokens of each GPU.';
         var head=document.getElementById('head'),body=document.getElementById('body');
         head.textContent='';body.textContent='';var h=el('tr');
         ['phase','parameters','FLOPs','weights','KV','time','bound','FLOPs','weights','KV','time',
          'bound','B / A'].forEach(function(t,i){
          var c=el('th',t,i>1&&i<7?'a':i>6&&i<12?'b':'');c.scope='col';h.append(c)});
         head.append(h);
         var names=a.rows.map(function(x){return x.name});
         b.rows.forEach(function(x){if(names.indexOf(x.name)<0)names.splice(-1,0,x.name)});
         names.forEach(function(name){var t=el('tr'),c=el('th',name);c.scope='row';t.append(c);
          var p=r.map(function(x){return x.rows.filter(function(y){return y.name==name})[0]});
          t.append(el('td',(p[0]||p[1]).parameters?many((p[0]||p[1]).parameters):''));
          p.forEach(function(x,i){t.append(el('td',x?ops(x.flops):''),
           el('td',x?bytes(x.weights):''),el('td',x?bytes(x.kv):''));
           var cell=el('td',null,'t '+(i?'b':'a')),bar=el('i');
           bar.style.width=(x?x.time/r[i].all*100:0)+'%';
           cell.append(bar,el('span',x&&x.time?time(x.time):''));
           t.append(cell,el('td',x&&x.time?x.bound:''))});
          t.append(el('td',p[0]&&p[1]&&p[0].time?sig(p[1].time/p[0].time):''));body.append(t)});
         var t=el('tr',null,'all'),c=el('th','step');c.scope='row';t.append(c,el('td',''));
         r.forEach(function(x){function sum(k){return x.rows.reduce(function(v,y){
           return v+y[k]},0)}
          t.append(el('td',ops(sum('flops'))),el('td',bytes(sum('weights'))),
           el('td',bytes(sum('kv'))),el('td',time(x.all)),el('td',''))});
         t.append(el('td',sig(b.all/a.all)));body.append(t)}
        sides.forEach(function(s){s.context=Math.min(1,d.contexts.length-1);s.batch=s.n?5:0;
         s.fill();s.size=fits(s);s.fill();s.say_context();s.say_batch()});
        show()})();
        """)
}
