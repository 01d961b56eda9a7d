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
           return z.gpus+' x '+d.gpu+(fit(z,s)==null?' (does not fit)':'')})});
         slide('Context','context',d.contexts);slide('Sequences','batch',d.batches);
         s.sum=el('p',null,'sum');s.line=el('p',null,'line');box.append(s.sum,s.line);
         function fill(){s.fill_model();s.fill_format();s.fill_size()}
         s.fill=fill;s.n=n;return s});
        function sizes(s){return d.models[s.model].formats[s.format].sizes}
        function fit(z,s){return d.grids[z.fit][s.batch][s.context]}
        function fits(s){var z=sizes(s),i;
         for(i=0;i<z.length;i++)if(d.start.tp?z[i].tp==d.start.tp:fit(z[i],s)!=null)return i;
         return z.length-1}
        function read(s){var z=sizes(s)[s.size],m=d.models[s.model];
         function cell(grid){return d.grids[grid][s.batch][s.context]}
         var rows=z.phases.filter(function(p){return cell(p.time)!=null}).map(function(p){
          return{name:p.name,parameters:p.parameters,flops:cell(p.flops),weights:cell(p.weights),
           kv:cell(p.kv),time:cell(p.time),bound:d.bound_names[cell(p.bound)]}});
         var all=rows.reduce(function(x,r){return x+r.time},0);
         return{rows:rows,all:all,gpus:z.gpus,rate:d.batches[s.batch]*d.tokens/all*1e6,
          fit:fit(z,s),clock:d.texts[z.clock],
          notes:z.notes[s.context].map(function(n){return d.texts[n]}),
          line:m.command+' --weights '+m.formats[s.format].weights+' --tp '+z.tp+' --context '
           +d.contexts[s.context]+' --batch '+d.batches[s.batch]}}
        function show(){var r=sides.map(read),a=r[0],b=r[1];
         sides.forEach(function(s,i){var x=r[i];s.sum.textContent='';
          s.sum.append(el('b',time(x.all)),' a step, '+sig(x.rate)+' tokens/s, '
           +sig(x.rate/x.gpus)+' tokens/s/GPU, '+sig(x.rate/d.batches[s.batch])
           +' tokens/s for each user. '+(x.fit==null?'The weights do not fit.':
            count(x.fit)+' sequences of this context fit.'));
          s.line.textContent='';s.line.append(el('code',x.line))});
         var notes=document.getElementById('notes');notes.textContent='';
         function tell(words,key){var both=key(a)==key(b);
          (both?[a]:[a,b]).forEach(function(x,i){
           notes.append(el('li',(both?'':i?'B: ':'A: ')+words+key(x)))})}
         tell('Step times on '+d.gpu+': ',function(x){return x.clock});
         a.notes.concat(b.notes.filter(function(n){return a.notes.indexOf(n)<0})).forEach(
          function(n){var p=a.notes.indexOf(n)<0?'B: ':b.notes.indexOf(n)<0?'A: ':'';
           notes.append(el('li',p+n))});
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
         var at=0;b.rows.forEach(function(x){var i=names.indexOf(x.name);
          if(i<0){names.splice(at,0,x.name);at++}else at=i+1});
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
        sides.forEach(function(s){s.context=d.start.context;s.batch=d.start.batch;
         if(s.n&&d.start.shows_bare)s.model=1;
         else if(s.n)s.batch=Math.max(s.batch,Math.min(5,d.batches.length-1));
         s.fill();s.size=fits(s);s.fill();s.say_context();s.say_batch()});
        show()})();
        """)
}
