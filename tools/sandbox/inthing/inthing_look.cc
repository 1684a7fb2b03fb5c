#include "tools/sandbox/inthing/inthing_look.h"

#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

constexpr char kStyle[] = R"(
:root{--accent:#3157c9;--card:#fff;--back:#f1f3f8;--ink:#1c2230;--dim:#68718a;
--keyword:#8a2be2;--string:#0a7a3c;--number:#b35309;--comment:#7a8194;--tag:#1666b0}
@media(prefers-color-scheme:dark){:root{--accent:#8aa8ff;--card:#1d212c;--back:#12151c;
--ink:#e6e9f2;--dim:#98a1b8;--keyword:#c9a0ff;--string:#7bd69b;--number:#f0b070;
--comment:#8089a0;--tag:#7cc0ff}}
body{background:var(--back);color:var(--ink);max-width:46rem}
header{border-bottom-width:3px}
h1{overflow-wrap:anywhere}
article,.card{background:var(--card);border:0;border-radius:.8rem;padding:1rem 1.3rem;
margin:1rem 0;box-shadow:0 1px 3px #0002}
article{border-left:4px solid transparent}
article.p2{border-left-color:#d33}
article.p1{border-left-color:#e69a00}
article h2 a{color:inherit;text-decoration:none}
article h2 a:hover{text-decoration:underline}
article.new{animation:arrive 1s ease-out}
@keyframes arrive{from{background:#8aa8ff66;transform:translateY(-.6rem);opacity:.2}}
.meta{color:var(--dim);margin:.1rem 0 .5rem}
.badge.p2{background:#d33;color:#fff}
.badge.p1{background:#e69a00;color:#fff}
article>:last-child,.card>:last-child{margin-bottom:.2rem}
article img{border-radius:.5rem;display:block;margin:.5rem auto;max-height:32rem}
article blockquote{border-left:3px solid var(--line);margin:.4rem 0;padding-left:.8rem;
color:var(--dim)}
.tags a{background:var(--soft);border-radius:1rem;padding:.05rem .6rem;font-size:.85rem;
text-decoration:none;margin-right:.3rem}
.k{color:var(--keyword);font-weight:600}.s{color:var(--string)}.n{color:var(--number)}
.c{color:var(--comment);font-style:italic}.t{color:var(--tag)}
.secret{font-size:1.2rem;user-select:all}
.wrong{color:#d33}
label{display:block;margin:.5rem 0}
input,textarea,select{font:inherit;width:100%;box-sizing:border-box;padding:.3rem .5rem;
border:1px solid var(--line);border-radius:.3rem;background:var(--back);color:inherit}
@media(prefers-reduced-motion:reduce){article.new{animation:none}}
)";

// Asks for what is new whenever the service says so, and after every
// connection, because something may have come before it stood.
constexpr char kScript[] = R"(
const list=document.getElementById('events');
const state=document.querySelector('.state');
const posts=document.getElementById('posts');
let busy=false,again=false;
function count(){
  const n=Number(posts.dataset.count)+1;
  posts.dataset.count=n;
  posts.textContent=n+(n===1?' post':' posts');
}
async function update(){
  if(busy){again=true;return;}
  busy=true;
  do{
    again=false;
    try{
      const answer=await fetch('/api/private/',{method:'POST',body:JSON.stringify({
        jsonrpc:'2.0',id:1,method:'events.get_updates',params:{
          source:list.dataset.source,order:Number(list.dataset.order),max_results:50}})});
      const events=(await answer.json()).result.events;
      if(events.length===50){location.reload();return;}
      for(const event of events.reverse()){
        if(document.getElementById('event-'+event.id))continue;
        list.insertAdjacentHTML('afterbegin',event.html);
        const card=list.firstElementChild;
        card.classList.add('new');
        if(card.dataset.type!=='meta')count();
        list.dataset.order=card.dataset.order;
      }
    }catch(e){}
  }while(again);
  busy=false;
}
function listen(){
  const live=new EventSource(list.dataset.live);
  live.onopen=()=>{state.textContent='live';state.className='state';update();};
  live.onerror=()=>{state.textContent='not reachable';state.className='state gone';};
  live.onmessage=update;
  return live;
}
let live=null;
function choose(){
  if(document.hidden){if(live)live.close();live=null;}
  else if(!live)live=listen();
}
document.addEventListener('visibilitychange',choose);
choose();
)";

}  // namespace

HttpResponse InthingPage(int status, std::string_view title,
                         std::string_view body, bool live) {
  return HtmlDocument(
      status,
      {.title = title,
       .body = body,
       .aside = live ? "<span class=\"state\"></span>" : "",
       .style = kStyle,
       .script = live ? std::string_view(kScript) : std::string_view()});
}

}  // namespace sluice::sandbox
