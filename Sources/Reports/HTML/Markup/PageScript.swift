/// The script of reports. Shows the values under the pointer, or of the focused chart with arrow
/// keys, and reads them from the tables in the page.
enum PageScript {
    static let text = HTML.trusted(
        """
        (function(){'use strict';
        var all=function(s,r){return Array.prototype.slice.call((r||document)
          .querySelectorAll(s))};
        var tables={};
        function table(id){
          if(tables[id])return tables[id];
          var t=document.getElementById(id);if(!t)return null;
          var rows=all('tbody tr',t);
          return tables[id]={rows:rows,
            names:all('thead th',t).map(function(c){return c.textContent}),
            xs:rows.map(function(r){return parseFloat(r.getAttribute('data-x'))})};
        }
        function nearest(xs,f){
          var best=0;
          for(var i=1;i<xs.length;i++)
            if(Math.abs(xs[i]-f)<Math.abs(xs[best]-f))best=i;
          return best;
        }
        function cell(t,i,c){return t.rows[i].children[c].textContent}
        function show(id,i,row){
          var t=table(id),name=i==null?'':cell(t,i,0);
          all('.plot').forEach(function(p){
            if(p.dataset.table!==id)return;
            p.classList.toggle('on',i!=null);
            if(i!=null)p.querySelector('.xh').style.left=t.xs[i]*100+'%';
          });
          all('output').forEach(function(o){
            var d=o.dataset,text='';
            if(d.for===id&&i!=null){
              if(d.cols)text=name+': '+d.cols.split(',').map(function(c){
                return cell(t,i,+c)}).join(', ');
              else text=cell(t,i,+d.col);
            }else if(d.heat===id&&i!=null)
              text=name+', '+t.names[row+1]+': '+cell(t,i,row+1);
            else if(d.for!==id&&d.heat!==id)return;
            o.textContent=text;
          });
        }
        all('.plot').forEach(function(p){
          var id=p.dataset.table,rows=+p.dataset.rows||1,i=-1,row=0;
          var area=p.querySelector('.area'),t;
          function at(k){
            t=table(id);if(!t||!t.rows.length)return;
            i=Math.max(0,Math.min(t.rows.length-1,k));show(id,i,row);
          }
          function off(){if(table(id))show(id,null)}
          area.addEventListener('pointermove',function(e){
            var r=area.getBoundingClientRect();t=table(id);if(!t||!t.rows.length)return;
            row=Math.max(0,Math.min(rows-1,Math.floor((e.clientY-r.top)/r.height*rows)));
            at(nearest(t.xs,(e.clientX-r.left)/r.width));
          });
          area.addEventListener('pointerleave',off);
          p.addEventListener('blur',off);
          p.addEventListener('keydown',function(e){
            var k=e.key,step=e.shiftKey?10:1;
            t=table(id);if(!t)return;
            if(k==='ArrowRight')at(i+step);
            else if(k==='ArrowLeft')at(i<0?t.rows.length-1:i-step);
            else if(k==='Home')at(0);
            else if(k==='End')at(t.rows.length-1);
            else if(rows>1&&k==='ArrowDown'){row=Math.min(rows-1,row+1);at(i)}
            else if(rows>1&&k==='ArrowUp'){row=Math.max(0,row-1);at(i)}
            else if(k==='Escape')off();
            else return;
            e.preventDefault();
          });
        });
        })();

        """)
}
